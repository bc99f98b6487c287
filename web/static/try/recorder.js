/** Recording what the camera shows to a file on this device, with the boxes or without. */
import { drawFaces } from "./view.js";

/** @typedef {import("./view.js").View} View @typedef {import("./view.js").Look} Look */

const RATE = 20; // frames a second with boxes
const TYPES = ["video/mp4;codecs=avc1", "video/webm;codecs=vp9", "video/webm"];

export class Recorder {
  /** @param {View} view @param {MediaStream} stream @param {() => Look | null} look the newest one; none draws no boxes */
  constructor(view, stream, look) {
    this.view = view;
    this.look = look;
    this.canvas = document.createElement("canvas");
    /** @type {Blob[]} */ this.parts = [];
    this.type = TYPES.find((type) => MediaRecorder.isTypeSupported(type)) ?? "";
    this.withBoxes = look() !== null;
    this.timer = this.withBoxes ? window.setInterval(() => this.paint(), 1000 / RATE) : 0;
    if (this.withBoxes) this.paint();
    const source = this.withBoxes ? this.canvas.captureStream(RATE) : stream;
    this.recorder = new MediaRecorder(source, this.type ? { mimeType: this.type } : {});
    this.recorder.ondataavailable = ({ data }) => this.parts.push(data);
    this.recorder.start(1000);
  }

  paint() {
    const { video, model, classes } = this.view;
    const look = this.look();
    if (!video.videoWidth) return;
    if (this.canvas.width !== video.videoWidth) [this.canvas.width, this.canvas.height] = [video.videoWidth, video.videoHeight];
    const context = this.canvas.getContext("2d");
    context?.drawImage(video, 0, 0);
    if (!context || !look || !model) return;
    const { width: wide } = this.canvas;
    const place = { scale: wide / look.width, left: 0, top: 0, mirrored: false, width: look.width, wide };
    drawFaces(context, look.faces, model, classes, place);
  }

  /** End the recording and hand it to the browser as a download. */
  async stop() {
    clearInterval(this.timer);
    if (this.recorder.state !== "inactive") {
      const ended = new Promise((resolve) => this.recorder.addEventListener("stop", resolve));
      this.recorder.stop();
      await ended;
    }
    const link = document.createElement("a");
    const type = this.recorder.mimeType || this.type;
    link.href = URL.createObjectURL(new Blob(this.parts, { type }));
    link.download = `second-look-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}.${type.includes("mp4") ? "mp4" : "webm"}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the browser may read it a while longer
  }
}
