/** The page Try it: a model on a photo or a camera. */
import { find, readJson } from "../lib/dom.js";
import { messageOf } from "../lib/http.js";
import { _ } from "../lib/i18n.js";
import { Keys } from "../lib/keys.js";
import { hasCamera } from "./camera.js";
import { Live } from "./live.js";
import { Networks } from "./networks.js";
import { tryPhoto } from "./photo.js";
import { Stage } from "./stage.js";

/** @typedef {import("./models.js").Model} Model */
/**
 * @type {{models: Model[], classes: string[], wasm: import("./files.js").File, chosen: number | null,
 *   may_correct: boolean, worker: string, offline: string, kept_offline: string[]}}
 */
const page = readJson("#page");
const networks = new Networks(page.worker, page.wasm, page.models, showProgress);
const stage = new Stage(networks, page.classes, page.may_correct);
const live = new Live(stage);
const first = find("#model", HTMLSelectElement);
const second = find("#other", HTMLSelectElement);

/** @param {number} share */
function showProgress(share) {
  const bar = find("#fetching", HTMLElement);
  bar.hidden = share >= 1;
  find("progress", HTMLProgressElement, bar).value = share;
}

/** Do something, and say what goes wrong. @param {() => unknown} work */
const attempt = (work) => async () => {
  try {
    await work();
  } catch (error) {
    showProgress(1);
    stage.say(messageOf(error));
  }
};

function useChosen() {
  const runs = [first.value, second.value].filter((run, index, all) => run && all.indexOf(run) === index).map(Number);
  stage.use(runs.flatMap((run) => page.models.filter((model) => model.run === run)));
}

const again = attempt(async () => {
  useChosen();
  if (stage.photo) await tryPhoto(stage, stage.photo, tab() === "camera");
});
first.addEventListener("change", again);
second.addEventListener("change", again);
if (page.chosen) first.value = String(page.chosen);
if (!first.value) first.selectedIndex = 0;
useChosen();

/** @returns {string} */
const tab = () => find('[role="tab"][aria-selected="true"]', HTMLElement).dataset.tab ?? "";

/** @param {HTMLElement} chosen */
async function openTab(chosen) {
  for (const one of document.querySelectorAll('[role="tab"]')) {
    one.setAttribute("aria-selected", String(one === chosen));
    one.setAttribute("tabindex", one === chosen ? "0" : "-1");
  }
  for (const panel of document.querySelectorAll("[data-panel]"))
    if (panel instanceof HTMLElement) panel.hidden = panel.dataset.panel !== chosen.dataset.tab;
  await live.stop();
  stage.endCamera();
  stage.photo = null;
  stage.say("");
}
const tabs = [...document.querySelectorAll('[role="tab"]')].filter((one) => one instanceof HTMLElement);
for (const [index, one] of tabs.entries()) {
  one.addEventListener("click", () => openTab(one));
  one.addEventListener("keydown", ({ key }) => {
    if (key !== "ArrowLeft" && key !== "ArrowRight") return;
    const next = tabs[(index + 1) % tabs.length];
    next.focus();
    openTab(next);
  });
}

for (const input of document.querySelectorAll('input[type="file"]')) {
  input.addEventListener("change", attempt(async () => {
    const file = input instanceof HTMLInputElement ? input.files?.[0] : null;
    if (file) await tryPhoto(stage, file, tab() === "camera");
    if (input instanceof HTMLInputElement) input.value = "";
  }));
}
document.addEventListener("paste", ({ clipboardData }) => {
  const file = [...(clipboardData?.files ?? [])].find(({ type }) => type.startsWith("image/"));
  if (file && tab() === "photo") attempt(() => tryPhoto(stage, file, false))();
});
const drop = find("#drop", HTMLElement);
for (const kind of ["dragover", "dragleave", "drop"]) {
  drop.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", kind === "dragover");
    const file = event instanceof DragEvent && kind === "drop" ? event.dataTransfer?.files[0] : null;
    if (file) attempt(() => tryPhoto(stage, file, false))();
  });
}

new Keys(find("#try", HTMLElement), {
  camera: attempt(() => (live.running ? live.stop() : live.start())),
  turn: attempt(() => live.turn()),
  mirror: attempt(() => live.mirror()),
  record: attempt(() => live.record(live.recorder === null)),
  keep: attempt(() => stage.keep()),
}, "try-keys");

find("#no-camera", HTMLElement).hidden = hasCamera();
find("#camera-controls", HTMLElement).hidden = !hasCamera();
navigator.mediaDevices?.enumerateDevices?.().then((devices) => {
  const cameras = devices.filter(({ kind }) => kind === "videoinput").length;
  find('[data-action="turn"]', HTMLElement).classList.toggle("alone", cameras < 2);
  return cameras;
}).catch(() => null); // then the button stays

// A browser that may not keep pages, as in a private window or over plain http, goes without.
navigator.serviceWorker?.register(page.offline, { scope: location.pathname })
  .then(async () => (await navigator.serviceWorker.ready).active?.postMessage([location.pathname, ...page.kept_offline]))
  .catch(() => null);
