/** Faces from frame to frame: each keeps its number, and its label is a mean over what was said of it. */

import { overlap } from "./yunet.js";

/** @typedef {import("./pixels.js").Box} Box */
/** @typedef {import("./yunet.js").Detection} Detection */
/**
 * @typedef {object} Track
 * @property {number} id
 * @property {Box} box
 * @property {number} confidence
 * @property {number} hits frames in which it was found
 * @property {number} misses frames in a row in which it was not
 * @property {number} classifiedAt number of the frame; -1 before the first time
 * @property {Map<number, number[]>} probabilities by run: the mean of the last ones
 */

const SAME_TRACK = 0.3;
/** Frames in which a face has to be found before it is shown, so that single false boxes never are. */
const LEAST_HITS = 2;
/** Frames after which a face that is not found any more is forgotten. */
const MOST_MISSES = 8;
/** Weight of the newest probabilities in the mean. */
const NEWEST = 0.4;

export class Tracker {
  constructor() {
    /** @type {Track[]} */ this.tracks = [];
    this.frame = 0;
    this.lastId = 0;
  }

  /**
   * Take the detections of the next frame. The best pairs of track and detection are matched first.
   * @param {Detection[]} detections
   */
  update(detections) {
    this.frame += 1;
    const unmatched = new Set(detections);
    const missed = new Set(this.tracks);
    for (const { track, detection } of this.pairs(detections)) {
      if (!missed.has(track) || !unmatched.has(detection)) continue;
      missed.delete(track);
      unmatched.delete(detection);
      Object.assign(track, { ...detection, hits: track.hits + 1, misses: 0 });
    }
    for (const track of missed) track.misses += 1;
    this.tracks = this.tracks.filter((track) => track.misses <= (track.hits < LEAST_HITS ? 0 : MOST_MISSES));
    for (const { box, confidence } of unmatched) {
      this.lastId += 1;
      this.tracks.push({
        id: this.lastId, box, confidence, hits: 1, misses: 0, classifiedAt: -1, probabilities: new Map(),
      });
    }
  }

  /** The tracks to show: found in this frame, and often enough. */
  get shown() {
    return this.tracks.filter((track) => track.hits >= LEAST_HITS && track.misses === 0);
  }

  /** The track to classify next: the one whose last time is longest ago. @returns {Track | undefined} */
  get due() {
    const seen = this.tracks.filter((track) => track.misses === 0);
    return seen.sort((one, other) => one.classifiedAt - other.classifiedAt || one.id - other.id)[0];
  }

  /**
   * Note what a run's model said of a track.
   * @param {Track} track
   * @param {number} run
   * @param {number[]} probabilities
   */
  classified(track, run, probabilities) {
    const before = track.probabilities.get(run);
    const mean = before?.map((value, i) => (1 - NEWEST) * value + NEWEST * probabilities[i]);
    track.probabilities.set(run, mean ?? probabilities);
    track.classifiedAt = this.frame;
  }

  /** @param {Detection[]} detections */
  pairs(detections) {
    return this.tracks
      .flatMap((track) => detections.map((detection) => ({ track, detection, overlap: overlap(track.box, detection.box) })))
      .filter((pair) => pair.overlap >= SAME_TRACK)
      .sort((one, other) => other.overlap - one.overlap);
  }
}
