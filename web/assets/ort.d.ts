// What the address /assets/ort.js serves (`web.pages.home`), for the type checker.
export * from "onnxruntime-web";
