/** The JSON of the API, as far as the scripts use it. Types only. */

/**
 * @typedef {[number, number, number, number]} Box x, y, width and height in pixels of the upright photo
 *
 * @typedef {object} Card a face to answer
 * @property {number} face_id
 * @property {number} photo_id
 * @property {string} crop_url
 * @property {string} photo_url
 * @property {[number, number]} photo_size
 * @property {Box} box
 * @property {string | null} label
 * @property {{reason: string, text: string}} why
 * @property {{label: string, probabilities: Record<string, number>} | null} prediction
 * @property {number} notes open notes on the face
 *
 * @typedef {{face_id: number, photo_id: number, similarity: number, label: string | null, thumb_url: string}} SimilarFace
 *
 * @typedef {{items: Card[], remaining: number, with_others: number, note: string | null}} QueuePage
 * @typedef {{label: string | null, items: Card[], remaining: Record<string, number>}} AgreedPage
 * @typedef {{have: number, needed: number, reason: string}} Progress
 * @typedef {{kept: number[]}} Leases
 *
 * @typedef {object} Answer as the server takes it
 * @property {string} client_key
 * @property {string} kind
 * @property {number} [face_id]
 * @property {string} [drawn_key]
 * @property {number} [photo_id]
 * @property {string} [label]
 * @property {Box} [box]
 * @property {number} [seconds]
 * @property {string} [seen_at]
 *
 * @typedef {{client_key: string, kind: string, label: string | null, item: Card}} PastAnswer
 * @typedef {{code?: string, message?: string, hint?: string}} ErrorText
 *
 * @typedef {object} AnswerResult
 * @property {number} status
 * @property {{id: number}} [face]
 * @property {Card} [item]
 * @property {ErrorText} [error]
 * @property {{who: string, kind: string, label: string | null, at: string}} [answered] another person's answer, in a 409
 *
 * @typedef {{part_bytes: number, arrived: {photo_id: number | null, clip_id: number | null, parts: number[]}[]}} Uploads
 * @typedef {{photo: {id: number} | null, clip: {id: number} | null}} UploadedPart
 * @typedef {{id: number, status: string, progress: number, error: string | null, photos: number[]}} Clip
 */
export {};
