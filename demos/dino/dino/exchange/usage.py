"""The lines of Python in a model card: they run as they stand, beside the file, and give features."""

import json

from dino.exchange import timm
from dino.exchange.networks import can_build, images_of
from dino.exchange.weights import Weights

TENSORS = {
    "safetensors": "from safetensors.torch import load_file\n\nstate = load_file({name})  # the tensors by name",
    "authors": "import torch\n\n"
    'state = torch.load({name}, map_location="cpu", weights_only=True)  # names of the authors\' code',
}
NETWORKS = {
    "safetensors": "from pathlib import Path\n\nimport torch\n\nfrom dino.exchange.files import read\n"
    "from dino.exchange.networks import network_of\n\nnetwork = network_of(read(Path({name})))",
    "timm": "import timm\nimport torch\n\nnetwork = timm.create_model({call}, checkpoint_path={name}).eval()",
    "torch-export": "import torch\n\nnetwork = torch.export.load({name}).module()",
}
GRAPH = (
    "import numpy\nimport onnxruntime\n\nsession = onnxruntime.InferenceSession({name})\n"
    'images = numpy.zeros({shape}, dtype="float32")  # yours, normalised as above\n'
    '(features,) = session.run(["features"], {{"images": images}})'
)
FEATURES = "images = torch.zeros{shape}  # yours, normalised as above\nwith torch.inference_mode():\n"
FEATURES += "    features = network(images)"


def snippet(weights: Weights, form: str, name: str) -> str:
    """The use of the file `name` of the format; for a backbone that cannot be built, of its tensors."""
    name = json.dumps(name, ensure_ascii=False)
    if form == "authors" or not can_build(weights):
        return TENSORS[form].format(name=name)
    shape = (1, *images_of(weights))
    if form == "onnx":
        return GRAPH.format(name=name, shape=shape)
    call = timm.call_of(weights).written() if form == "timm" else ""
    return "\n".join([NETWORKS[form].format(name=name, call=call), FEATURES.format(shape=shape)])
