/** Who works here: a name that this browser keeps, until people sign in. */
const KEY = 'stocktide.me';
/** As long as an actor may be. */
const MAX_LENGTH = 128;

export class Me {
  #name: string = $state(remembered());

  /** Empty until it is said. */
  get name(): string {
    return this.#name;
  }

  set name(name: string) {
    this.#name = name.trim().slice(0, MAX_LENGTH);
    try {
      localStorage.setItem(KEY, this.#name);
    } catch {
      // Without storage the name lasts as long as the page.
    }
  }
}

function remembered(): string {
  try {
    return localStorage.getItem(KEY) ?? '';
  } catch {
    return '';
  }
}
