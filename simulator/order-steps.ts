/** The steps of orders as they come up on the agenda. */
import { accept, arrive, clearHold, giveUp, place, type Job, type OrderTask } from './orders.ts';
import { allocate, release, sourceAgain } from './sourcing.ts';
import type { World } from './world.ts';

/** `fulfil` hands a job to its node. */
export function orderStep(world: World, task: OrderTask, fulfil: (job: Job) => void): void {
  switch (task.kind) {
    case 'arrive':
      return arrive(world);
    case 'convert':
      return place(world, task.basket);
    case 'release checkout':
      return giveUp(world, task.basket, 'reservation.released');
    case 'lapse':
      // The ledger lets it lapse by itself; half of the shops say so as well.
      return giveUp(world, task.basket, world.rng.chance(0.5) ? 'reservation.expired' : null);
    case 'accept':
      return accept(world, task.order);
    case 'clear hold':
      return clearHold(world, task.order, task.hold);
    case 'allocate':
      return allocate(world, task.order);
    case 'release':
      return release(world, task.order, fulfil);
    case 'source again':
      return sourceAgain(world, task, fulfil);
    default:
      return task satisfies never;
  }
}
