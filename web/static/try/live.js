/** The live camera: looks at one frame after the other, and asks the server for nothing meanwhile. */
import { find } from "../lib/dom.js";
import { messageOf } from "../lib/http.js";
import { _ } from "../lib/i18n.js";
import { hasCamera, looksAtPerson, startCamera, stopCamera } from "./camera.js";
import { Recorder } from "./recorder.js";

/** @typedef {import("./stage.js").Stage} Stage */

const SECOND = 1000; // ms

export class Live {
  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
    /** @type {MediaStream | null} */ this.stream = null;
    /** @type {Recorder | null} */ this.recorder = null;
    /** @type {"user" | "environment"} */ this.facing = "user";
    /** @type {boolean | null} */ this.mirrored = null;
    this.looking = false;
    /** @type {number[]} */ this.lately = []; // times of the looks of the last second
    document.addEventListener("visibilitychange", () => this.go());
    window.addEventListener("pagehide", () => this.stop());
  }

  get running() {
    return this.stream !== null;
  }

  async start() {
    if (!hasCamera()) throw new Error(_("This browser offers no camera here."));
    await this.stop();
    await this.stage.load();
    const stream = await startCamera(this.facing);
    this.stream = stream;
    for (const track of stream.getVideoTracks()) track.addEventListener("ended", () => this.unplugged(stream));
    await this.stage.showCamera(stream, this.mirrored ?? looksAtPerson(stream));
    this.showState();
    this.go();
  }

  /** End the camera and what is recorded. */
  async stop() {
    await this.record(false);
    stopCamera(this.stream);
    if (this.stream) this.stage.endCamera();
    this.stream = null;
    this.showState();
  }

  /** @param {MediaStream} stream */
  async unplugged(stream) {
    if (stream !== this.stream) return;
    await this.stop();
    this.stage.say(_("The camera was unplugged. Plug it in, then start again."));
  }

  /** The other camera of the device. */
  async turn() {
    this.facing = this.facing === "user" ? "environment" : "user";
    this.mirrored = null;
    if (this.running) await this.start();
  }

  async mirror() {
    if (!this.stream) return;
    this.mirrored = !(this.mirrored ?? looksAtPerson(this.stream));
    await this.stage.showCamera(this.stream, this.mirrored);
  }

  /** Begin or end recording to a file. @param {boolean} wanted */
  async record(wanted) {
    const before = this.recorder;
    this.recorder = null;
    if (before) await before.stop();
    if (wanted && this.stream) {
      const withBoxes = find("#with-boxes", HTMLInputElement).checked;
      this.recorder = new Recorder(this.stage.views[0], this.stream, () => (withBoxes ? this.stage.look : null));
    }
    this.showState();
  }

  showState() {
    for (const element of document.querySelectorAll('[data-while="running"]'))
      if (element instanceof HTMLElement) element.hidden = !this.running;
    const record = find('[data-action="record"]', HTMLElement);
    record.setAttribute("aria-pressed", String(this.recorder !== null));
    find("span", HTMLElement, record).textContent = this.recorder ? _("Stop recording") : _("Record");
    const camera = find('[data-action="camera"]', HTMLElement);
    camera.classList.toggle("primary", !this.running);
    find("span", HTMLElement, camera).textContent = this.running ? _("Stop camera") : _("Start camera");
    if (!this.running) find("#speed", HTMLElement).textContent = "";
  }

  /** Look at frames until the camera ends or the page is hidden. */
  async go() {
    if (this.looking) return;
    this.looking = true;
    try {
      while (this.stream && !document.hidden) await this.next();
    } catch (error) {
      await this.stop();
      this.stage.say(messageOf(error));
    } finally {
      this.looking = false;
    }
  }

  async next() {
    const { video } = this.stage.views[0];
    if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) {
      await new Promise((resolve) => video.addEventListener("loadeddata", resolve, { once: true }));
    }
    const began = performance.now();
    await this.stage.lookAt("frame", await createImageBitmap(video));
    const ended = performance.now();
    this.lately = [...this.lately.filter((at) => at > ended - SECOND), ended];
    find("#speed", HTMLElement).textContent = _("{n} looks a second", { n: this.lately.length });
    this.stage.tell(ended - began);
  }
}
