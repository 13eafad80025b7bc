"""Images of OME-Zarr by the library."""

import zarr


def ome(folder, pixels, axes, version=3, path="0", attributes=(), **options):
    """Write an OME-Zarr image by the library."""
    group = zarr.open_group(folder, mode="w", zarr_format=version)
    group.create_array(path, data=pixels, **options)
    units = {"y": {"unit": "micrometer"}, "x": {"unit": "micrometer"}}
    image = {
        "name": "stain",
        "axes": [{"name": name, **units.get(name, {})} for name in axes],
        "datasets": [{
            "path": path,
            "coordinateTransformations": [{"type": "scale", "scale": [0.65] * len(axes)}],
        }],
    }  # fmt: skip
    scales = {"multiscales": [image]}
    group.attrs.update({"ome": {"version": "0.5", **scales}} if version == 3 else scales)
    group.attrs.update(dict(attributes))
    return folder
