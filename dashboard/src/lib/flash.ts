/**
 * Lets a cell light up for a moment when its value changes, for the eye to find what moved. Does
 * nothing for whoever asked the system for less motion.
 */
import type { Action } from 'svelte/action';

const FADE_MS = 900;
const lessMotion = window.matchMedia('(prefers-reduced-motion: reduce)');

export const flash: Action<HTMLElement, number | string | null> = (element, value) => {
  let shown = value;
  let fading: Animation | null = null;
  return {
    update(next) {
      if (next === shown) return;
      shown = next;
      if (lessMotion.matches) return;
      fading?.cancel();
      fading = element.animate(
        [{ backgroundColor: 'var(--flash)' }, { backgroundColor: 'transparent' }],
        { duration: FADE_MS, easing: 'ease-out' },
      );
    },
    destroy: () => fading?.cancel(),
  };
};
