"""What the tools of others read from an export; run by the Python of their own environment, not by ours.

    python readers.py TOOL FOLDER

prints the boxes as JSON, by the name of the picture: [left, top, width, height, class], 0-based pixels.
"""

import contextlib
import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

Boxes = dict[str, list[list[object]]]


def pycocotools(folder: Path) -> Boxes:
    from pycocotools.coco import COCO

    boxes: Boxes = {}
    for file in sorted((folder / "annotations").glob("*.json")):
        coco = COCO(str(file))
        names = {one["id"]: one["name"] for one in coco.loadCats(coco.getCatIds())}
        for image in coco.loadImgs(coco.getImgIds()):
            found = coco.loadAnns(coco.getAnnIds(imgIds=[image["id"]]))
            name = Path(image["file_name"]).name
            boxes[name] = [[*one["bbox"], names[one["category_id"]]] for one in found]
    return boxes


def datumaro(kind: str) -> Callable[[Path], Boxes]:
    """The reader of one format of datumaro. It fails on the first item that it cannot use."""

    def read(folder: Path) -> Boxes:
        import datumaro as dm

        dataset = dm.Dataset.import_from(str(folder), kind)
        names = [label.name for label in dataset.categories()[dm.AnnotationType.label]]
        boxes: Boxes = {}
        for item in dataset:
            if item.media is None or item.media.size is None:
                raise ValueError(f"{item.id} has no picture")
            found = [one for one in item.annotations if one.type == dm.AnnotationType.bbox]
            boxes[Path(item.media.path).name] = [
                [one.x, one.y, one.w, one.h, None if one.label is None else names[one.label]] for one in found
            ]
        return boxes

    return read


def supervision_coco(folder: Path) -> Boxes:
    import supervision as sv

    files = sorted((folder / "annotations").glob("instances_*.json"))
    return _merged(
        sv.DetectionDataset.from_coco(str(folder / "images" / file.stem.split("_", 1)[1]), str(file))
        for file in files
    )


def supervision_yolo(folder: Path) -> Boxes:
    import supervision as sv

    splits = sorted(path.name for path in (folder / "images").iterdir())
    return _merged(
        sv.DetectionDataset.from_yolo(
            str(folder / "images" / split), str(folder / "labels" / split), str(folder / "data.yaml")
        )
        for split in splits
    )


def supervision_voc(folder: Path) -> Boxes:
    import supervision as sv

    return _merged(
        [sv.DetectionDataset.from_pascal_voc(str(folder / "JPEGImages"), str(folder / "Annotations"))]
    )


def _merged(datasets: Iterable[object]) -> Boxes:
    boxes: Boxes = {}
    for dataset in datasets:
        for path, _, found in dataset:  # type: ignore[attr-defined]
            boxes[Path(path).name] = [
                [x1, y1, x2 - x1, y2 - y1, dataset.classes[label]]  # type: ignore[attr-defined]
                for (x1, y1, x2, y2), label in zip(found.xyxy.tolist(), found.class_id.tolist(), strict=True)
            ]
    return boxes


def label_studio_sdk(folder: Path) -> Boxes:
    """The SDK's converter turns the tasks into COCO, from which the boxes are taken."""
    from label_studio_sdk.converter import Converter

    with tempfile.TemporaryDirectory() as out:
        converter = Converter(str(folder / "label_config.xml"), out, download_resources=False)
        converter.convert_to_coco(str(folder / "tasks.json"), out, is_dir=False)
        content = json.loads((Path(out) / "result.json").read_text())
    names = {one["id"]: one["name"] for one in content["categories"]}
    images = {one["id"]: Path(one["file_name"]).name for one in content["images"]}
    boxes: Boxes = defaultdict(list, {name: [] for name in images.values()})
    for one in content["annotations"]:
        boxes[images[one["image_id"]]].append([*one["bbox"], names[one["category_id"]]])
    return boxes


TOOLS: dict[str, Callable[[Path], Boxes]] = {
    "pycocotools": pycocotools,
    "datumaro-coco": datumaro("coco_instances"),
    "datumaro-voc": datumaro("voc_detection"),
    "datumaro-yolo": datumaro("yolo"),
    "datumaro-cvat": datumaro("cvat"),
    "datumaro-wider_face": datumaro("wider_face"),
    "supervision-coco": supervision_coco,
    "supervision-yolo": supervision_yolo,
    "supervision-voc": supervision_voc,
    "label-studio-sdk": label_studio_sdk,
}

if __name__ == "__main__":
    with contextlib.redirect_stdout(sys.stderr):  # some say what they do
        result = TOOLS[sys.argv[1]](Path(sys.argv[2]))
    sys.stdout.write(json.dumps(result))
