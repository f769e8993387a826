/** How alerts make themselves heard: a notification of the desktop, a sound; each on choice, kept by this browser. */
const KEY = 'stocktide.alerting';
const TONES_HZ = [660, 880];
const TONE_S = 0.14;

interface Choices {
  readonly notify: boolean;
  readonly sound: boolean;
}

export class Alerting {
  #choices: Choices = $state.raw(remembered());
  #audio: AudioContext | null = null;

  get notify(): boolean {
    return this.#choices.notify;
  }

  get sound(): boolean {
    return this.#choices.sound;
  }

  /** Asks for the permission that it takes; stays off without it. */
  async toggleNotify(): Promise<void> {
    const notify = !this.notify && (await Notification.requestPermission()) === 'granted';
    this.#choose({ ...this.#choices, notify });
  }

  /** Turned on, it lets itself be heard, which also is the gesture that a browser wants before any sound. */
  toggleSound(): void {
    this.#choose({ ...this.#choices, sound: !this.sound });
    if (this.sound) this.#ring();
  }

  /** So many new alerts have come; `text` says what. */
  tell(text: string): void {
    if (this.notify && document.hidden && Notification.permission === 'granted') {
      new Notification(text, { tag: 'stocktide' });
    }
    if (this.sound) this.#ring();
  }

  /** Two short tones. */
  #ring(): void {
    this.#audio ??= new AudioContext();
    const audio = this.#audio;
    const volume = audio.createGain();
    volume.gain.value = 0.12;
    volume.connect(audio.destination);
    TONES_HZ.forEach((hz, index) => {
      const tone = audio.createOscillator();
      tone.frequency.value = hz;
      tone.connect(volume);
      tone.start(audio.currentTime + index * TONE_S);
      tone.stop(audio.currentTime + (index + 1) * TONE_S);
    });
  }

  #choose(choices: Choices): void {
    this.#choices = choices;
    try {
      localStorage.setItem(KEY, JSON.stringify(choices));
    } catch {
      // Without storage the choice lasts as long as the page.
    }
  }
}

function remembered(): Choices {
  try {
    const { notify = false, sound = false } = JSON.parse(
      localStorage.getItem(KEY) ?? '{}',
    ) as Partial<Choices>;
    return { notify, sound };
  } catch {
    return { notify: false, sound: false };
  }
}
