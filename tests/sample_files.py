"""A small file of every format and kind, by a library that we do not use where possible."""

import functools
import gzip
import io
import re
import struct
import tempfile
import zlib
from pathlib import Path

import cv2
import imagecodecs
import nibabel
import nrrd
import numpy as np
import OpenEXR
import PIL.Image
import PIL.ImageCms
import pydicom
import tifffile
import zarr

from pdefilter.images.folders import archive, archive_of_series

SIDE = (26, 34)


def _smooth(channels: int, dtype: type = np.uint8) -> np.ndarray:
    """A smooth picture with a little noise, as in photographs."""
    rng = np.random.default_rng(3)
    rows, columns = np.mgrid[: SIDE[0], : SIDE[1]]
    waves = [np.sin(rows / (3 + c)) * np.cos(columns / (5 - c)) for c in range(channels)]
    values = np.stack(waves, -1) * 0.4 + 0.5 + rng.normal(0, 0.02, (*SIDE, channels))
    full = 1 if np.dtype(dtype).kind == "f" else np.iinfo(dtype).max
    picture = np.ascontiguousarray(values.clip(0, 1) * full, dtype)
    return picture[..., 0] if channels == 1 else picture


def _pillow(kind: str, channels: int = 3, mode: str | None = None, **options: object) -> bytes:
    picture = PIL.Image.fromarray(_smooth(channels))
    stream = io.BytesIO()
    (picture.convert(mode) if mode else picture).save(stream, kind, **options)
    return stream.getvalue()


def _moving(kind: str, channels: int = 3, **options: object) -> bytes:
    frames = [PIL.Image.fromarray(np.roll(_smooth(channels), shift, 0)) for shift in range(4)]
    stream = io.BytesIO()
    frames[0].save(
        stream, kind, save_all=True, append_images=frames[1:], duration=70, loop=0, **options
    )
    return stream.getvalue()


def _tiff(channels: int = 3, dtype: type = np.uint8, pages: int = 1, **options: object) -> bytes:
    stream = io.BytesIO()
    picture = _smooth(channels, dtype)
    data = picture if pages == 1 else np.stack([picture] * pages)
    photometric = "rgb" if channels >= 3 else "minisblack"
    tifffile.imwrite(stream, data, **{"photometric": photometric, **options})
    return stream.getvalue()


def _described() -> dict[str, bytes]:
    exif = PIL.Image.Exif()
    exif[0x010F], exif[0x0112] = "Optics & Co", 6
    exif.get_ifd(0x8769)[0xA434] = "50 mm"
    icc = PIL.ImageCms.ImageCmsProfile(PIL.ImageCms.createProfile("sRGB")).tobytes()
    return {"exif": exif.tobytes(), "icc_profile": icc}


def _exr() -> bytes:
    stream = io.BytesIO()
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    planes = np.moveaxis(_smooth(3, np.float32), -1, 0).copy()
    OpenEXR.File(header, dict(zip("RGB", planes, strict=True))).write(stream)
    return stream.getvalue()


def _npy() -> bytes:
    stream = io.BytesIO()
    np.save(stream, _smooth(3, np.float32))
    return stream.getvalue()


def _zarr() -> bytes:
    """An OME-Zarr image by the library, as the archive that travels in its place."""
    image = {"axes": [{"name": name} for name in "cyx"], "datasets": [{"path": "0"}]}
    with tempfile.TemporaryDirectory() as folder:
        group = zarr.open_group(folder, mode="w", zarr_format=3)
        picture = np.moveaxis(_smooth(3, np.uint16), -1, 0)
        group.create_array("0", data=picture, chunks=(1, 16, 16))
        group.attrs["ome"] = {"version": "0.5", "multiscales": [image]}
        group.attrs["stain"] = "DAPI"
        return archive(folder)


def voxels(dtype: type = np.int16, slices: int = 3) -> np.ndarray:
    """A smooth volume with a little noise, shape (slices, rows, columns)."""
    rng = np.random.default_rng(5)
    waves = [np.sin(index / (2 + axis)) for axis, index in enumerate(np.mgrid[:slices, :13, :17])]
    values = np.sum(waves, axis=0) / 6 + 0.5 + rng.normal(0, 0.02, (slices, 13, 17))
    full = 1 if np.dtype(dtype).kind == "f" else 1000
    return (values.clip(0, 1) * full).astype(dtype)


AFFINE = np.array([[-0.5, 0, 0, 4], [0, 0.7, 0, -3], [0, 0, 2, 1], [0, 0, 0, 1.0]])


def nifti(data: np.ndarray, affine: np.ndarray = AFFINE, *, packed: bool = False) -> bytes:
    """A NIfTI of an array of slices, rows and columns, perhaps with times first."""
    image = nibabel.Nifti1Image(data.T, affine)
    image.header.set_xyzt_units("mm", "sec")
    image.header["descrip"] = b"a scan"
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension("comment", b"by the sample"))
    raw = image.to_bytes()
    return gzip.compress(raw, mtime=0) if packed else raw


def nrrd_file(data: np.ndarray, encoding: str = "gzip", **fields: object) -> bytes:
    """A NRRD of an array of slices, rows and columns."""
    stream = io.BytesIO()
    space = {"space": "left-posterior-superior", "space origin": [1, 2, 3]}
    directions = {"space directions": np.diag([0.5, 0.7, 2])}
    nrrd.write(stream, data.T, {**space, **directions, "encoding": encoding, **fields})
    # The library names the date.
    return re.sub(rb"# on [^\n]*\n", b"", stream.getvalue())


def metaimage(data: np.ndarray, *, packed: bool = True, **fields: str) -> bytes:
    """A MetaImage of an array of slices, rows and columns, as ITK writes it."""
    raw = data.astype("<i2").tobytes()
    raw = zlib.compress(raw) if packed else raw
    sizes = " ".join(map(str, data.shape[::-1]))
    known = {
        "ObjectType": "Image", "NDims": "3", "BinaryData": "True",
        "BinaryDataByteOrderMSB": "False", "CompressedData": str(packed),
        "TransformMatrix": "1 0 0 0 1 0 0 0 1", "Offset": "1 2 3", "CenterOfRotation": "0 0 0",
        "AnatomicalOrientation": "RAI", "ElementSpacing": "0.5 0.7 2",
        "ITK_InputFilterName": "MetaImageIO", "DimSize": sizes, "ElementType": "MET_SHORT",
    } | fields  # fmt: skip
    lines = [f"{name} = {value}\n" for name, value in known.items()]
    return "".join([*lines, "ElementDataFile = LOCAL\n"]).encode() + raw


def dicom(data: np.ndarray, number: int = 0, **tags: object) -> bytes:
    """A slice of CT, 16 bits, whose values are Hounsfield units above −1024."""
    meta = pydicom.dataset.FileMetaDataset()
    meta.MediaStorageSOPClassUID = pydicom.uid.CTImageStorage
    meta.MediaStorageSOPInstanceUID = f"1.2.3.{number + 1}"
    meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    file = pydicom.dataset.FileDataset("", {}, file_meta=meta, preamble=bytes(128))
    known = {
        "SOPClassUID": meta.MediaStorageSOPClassUID, "SeriesInstanceUID": "1.2.3",
        "SOPInstanceUID": meta.MediaStorageSOPInstanceUID, "InstanceNumber": number,
        "PatientName": "Nobody", "Rows": data.shape[0], "Columns": data.shape[1],
        "SamplesPerPixel": 1, "PhotometricInterpretation": "MONOCHROME2", "BitsAllocated": 16,
        "BitsStored": 16, "HighBit": 15, "PixelRepresentation": 0,
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "ImagePositionPatient": [1, 2, 3 + 2 * number], "PixelSpacing": [0.7, 0.5],
        "RescaleSlope": 1, "RescaleIntercept": -1024,
        "PixelData": data.astype("<u2").tobytes(),
    } | tags  # fmt: skip
    for name, value in known.items():
        setattr(file, name, value)
    stream = io.BytesIO()
    file.save_as(stream)
    return stream.getvalue()


def series(data: np.ndarray, folder: str | Path, **tags: object) -> Path:
    """A folder of slices of DICOM, whose names do not tell their order."""
    Path(folder).mkdir(exist_ok=True)
    for number, pixels in enumerate(data):
        name = f"IM{number * 7 % len(data)}.dcm"
        Path(folder, name).write_bytes(dicom(pixels, number, **tags))
    return Path(folder)


def _series() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return archive_of_series(str(series(voxels(np.uint16), folder)))


def stack(kind: str, data: np.ndarray, **metadata: object) -> bytes:
    """A TIFF of slices as ImageJ or OME describe them."""
    stream = io.BytesIO()
    known = {
        "imagej": {"axes": "ZYX", "spacing": 2.0, "unit": "um"},
        "ome": {"axes": "ZYX", "PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5, "PhysicalSizeZ": 2.0},
    }
    options = {"resolution": (2, 2)} if kind == "imagej" else {}
    tifffile.imwrite(stream, data, metadata=known[kind] | metadata, **{kind: True}, **options)
    return stream.getvalue()


def _zarr_volume() -> bytes:
    scale = [{"type": "scale", "scale": [2.0, 0.5, 0.5]}]
    axes = [{"name": name, "type": "space", "unit": "micrometer"} for name in "zyx"]
    image = {"axes": axes, "datasets": [{"path": "0", "coordinateTransformations": scale}]}
    with tempfile.TemporaryDirectory() as folder:
        group = zarr.open_group(folder, mode="w", zarr_format=3)
        group.create_array("0", data=voxels(np.uint16), chunks=(2, 8, 8))
        group.attrs["ome"] = {"version": "0.5", "multiscales": [image]}
        return archive(folder)


def _pfm() -> bytes:
    return b"Pf\n%d %d\n-1.0\n" % SIDE[::-1] + _smooth(1, np.float32).tobytes()


@functools.cache
def sample_files() -> dict[str, bytes]:
    """Make the files, by their names."""
    metadata = _described()
    return {
        "grey.png": _pillow("PNG", 1),
        "described.png": _pillow("PNG", 3, **metadata),
        "palette.png": _pillow("PNG", 3, "P"),
        "bits.png": _pillow("PNG", 1, "1"),
        "deep.png": cv2.imencode(".png", _smooth(4, np.uint16))[1].tobytes(),
        "moving.png": _moving("PNG"),
        "moving-alpha.png": _moving("PNG", 4, disposal=1),
        "grey.jpg": _pillow("JPEG", 1),
        "described.jpg": _pillow("JPEG", 3, **metadata),
        "progressive.jpg": _pillow("JPEG", 3, progressive=True),
        "restarts.jpg": _pillow("JPEG", 3, restart_marker_rows=1),
        "inks.jpg": _pillow("JPEG", 3, "CMYK"),
        "twelve.jpg": bytes(
            imagecodecs.jpeg8_encode(_smooth(3, np.uint16) >> 4, 95, bitspersample=12)
        ),
        "plain.tif": _tiff(),
        "described.tif": _pillow("TIFF", 3, **metadata),
        "tiles.tif": _tiff(tile=(16, 16), compression="zlib", predictor=True),
        "planes.tif": _tiff(3, np.uint16, planarconfig="contig", compression="lzw"),
        "big.tif": _tiff(bigtiff=True, byteorder=">", compression="packbits"),
        "jpeg.tif": _tiff(compression="jpeg"),
        "pages.tif": _tiff(1, np.uint16, pages=5, compression="zstd"),
        "float.tif": _tiff(1, np.float32, compression="zlib"),
        "hyperstack.tif": _tiff(1, np.uint16, pages=4, imagej=True),
        "ome.tif": _tiff(1, np.uint16, pages=4, ome=True),
        "lossy.webp": _pillow("WEBP", 3, **metadata),
        "lossless.webp": _pillow("WEBP", 4, lossless=True),
        "moving.webp": _moving("WEBP"),
        "still.gif": _pillow("GIF", 3),
        "grey.gif": _pillow("GIF", 1),
        "moving.gif": _moving("GIF"),
        "colour.bmp": _pillow("BMP", 3),
        "palette.bmp": _pillow("BMP", 3, "P"),
        "bits.pbm": _pillow("PPM", 1, "1"),
        "grey.pgm": _pillow("PPM", 1),
        "colour.ppm": _pillow("PPM", 3),
        "plain.pgm": b"P2\n34 26\n255\n" + b" ".join(b"%d" % v for v in _smooth(1).ravel()) + b"\n",
        "alpha.pam": cv2.imencode(".pam", _smooth(3))[1].tobytes(),
        "grey.pfm": _pfm(),
        "colour.exr": _exr(),
        "colour.jp2": _pillow("JPEG2000", 3),
        "deep.jp2": bytes(imagecodecs.jpeg2k_encode(_smooth(3, np.uint16), codecformat="jp2")),
        "described.avif": _pillow("AVIF", 3, **metadata),
        "deep.avif": bytes(
            imagecodecs.avif_encode(_smooth(3, np.uint16) >> 6, level=100, bitspersample=10)
        ),
        "colour.npy": _npy(),
        "cells.zarr": _zarr(),
        "stack.tif": stack("imagej", voxels(np.uint16)),
        "slices.tif": stack("ome", voxels(np.uint16)),
        "scan.nii": nifti(voxels()),
        "times.nii.gz": nifti(np.stack([voxels(), 2 * voxels()]), packed=True),
        "vector.nrrd": nrrd_file(
            np.stack([voxels(np.float32)] * 3, -1),
            **{
                "kinds": ["vector", "domain", "domain", "domain"],
                "space directions": np.vstack([[np.nan] * 3, np.diag([0.5, 0.7, 2])]),
            },
        ),
        "text.nrrd": nrrd_file(voxels(), "ascii"),
        "scan.mha": metaimage(voxels()),
        "raw.mha": metaimage(voxels(), packed=False),
        "slice.dcm": dicom(voxels(np.uint16)[0]),
        "series.dcm": _series(),
        "volume.zarr": _zarr_volume(),
    }


def png_chunk(kind: bytes, data: bytes, size: int | None = None) -> bytes:
    """A PNG chunk, perhaps with a false size."""
    checksum = imagecodecs.zlib_crc32(kind + data)
    return (
        struct.pack(">I", len(data) if size is None else size)
        + kind
        + data
        + struct.pack(">I", checksum)
    )
