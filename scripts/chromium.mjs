/**
 * Finds a Chromium for the tests in a real browser, the screenshots and the bench of the dashboard, and
 * installs it where that is possible without asking anybody. Nothing else needs it.
 * The path found is handed on in CHROMIUM.
 */
import { join } from 'node:path';
import { installWithApt, isExecutable, namedProgram, programFolders } from './install.mjs';

/** Names under which systems ship it, the most specific first. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const ON_MACOS = ['Chromium', 'Google Chrome'].map(
  (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
);

/**
 * @returns {string} path of an executable Chromium
 * @throws {Error} whose message tells what to do on this machine
 */
export function ensureChromium() {
  const found = findChromium();
  if (found) return found;
  const installed = installWithApt('chromium') ? findChromium() : undefined;
  if (installed) return installed;
  throw new Error(whatToDo);
}

/** @returns {string | undefined} */
function findChromium() {
  const folders = programFolders();
  const candidates = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return namedProgram('CHROMIUM', 'Chromium') ?? [...candidates, ...ON_MACOS].find(isExecutable);
}

const whatToDo = `Chromium was not found (looked at CHROMIUM, PATH and /Applications for ${NAMES.join(', ')}) and could not be installed from here.
Do one of these, then run the command again:
  Debian           sudo apt-get install chromium
  Ubuntu           install Google Chrome from https://www.google.com/chrome
  macOS            brew install --cask google-chrome
  elsewhere        set CHROMIUM=/path/to/chrome (any Chromium of the last two years)`;
