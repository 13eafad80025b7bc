"""Peak memory above the decoded input, in float32 images of its shape."""

import subprocess
import sys

from measure import show

CODE = """
import sys
import numpy as np
import pdefilter

def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))

filter_ = getattr(pdefilter, sys.argv[1])
options = eval(sys.argv[2])
def image_of(side):
    image = np.random.default_rng(0).integers(0, 256, (side, side), np.uint8)
    if sys.argv[1] == "inpaint":
        image = pdefilter.Image(image, mask=np.random.default_rng(1).random(image.shape) > 0.2)
    return image

filter_(image_of(64), **options)  # what is imported does not count
image = image_of(4096)
with open("/proc/self/clear_refs", "w") as reset:
    reset.write("5")
before = peak()
filter_(image, **options)
print((peak() - before) * 1024 / (4 * 4096 * 4096))
"""
CALLS = {
    "edge": ("edge", {}),
    "smooth": ("smooth", {}),
    "smooth, tv": ("smooth", {"method": "tv"}),
    "heat_diffuse": ("heat_diffuse", {}),
    "heat_diffuse, exact": ("heat_diffuse", {"scheme": "exact"}),
    "anisotropic": ("anisotropic", {}),
    "anisotropic, fsi": ("anisotropic", {"scheme": "fsi", "time": 5.0}),
    "anisotropic, aos": ("anisotropic", {"time": 5.0, "scheme": "aos"}),
    "anisotropic, perona-malik": ("anisotropic", {"time": 50.0, "model": "perona-malik"}),
    "anisotropic, edge-enhancing": ("anisotropic", {"time": 5.0, "model": "edge-enhancing"}),
    "anisotropic, coherence-enhancing": (
        "anisotropic",
        {"time": 5.0, "model": "coherence-enhancing"},
    ),
    "convolve": ("convolve", {"kernel": "sharpen"}),
    "convolve, 15 x 15": ("convolve", {"kernel": [[1] * 15] * 15, "normalize": True}),
    "sharpen": ("sharpen", {}),
    "sharpen, inverse-heat": ("sharpen", {"method": "inverse-heat"}),
    "shock": ("shock", {}),
    "shock, coherence": ("shock", {"model": "coherence"}),
    "wave": ("wave", {}),
    "inpaint, 20 % missing": ("inpaint", {}),
}


def measure() -> None:
    """Print the peak of every filter on an 8-bit grey image of 4096²."""
    print("\npeak memory above an 8-bit input of 4096², in float32 images:")
    for title, (name, options) in CALLS.items():
        done = subprocess.run(
            [sys.executable, "-c", CODE, name, repr(options)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            print(f"{title}: skipped ({(done.stderr.strip() or 'crashed').splitlines()[-1]})")
        else:
            show(title, {"images": float(done.stdout)})
