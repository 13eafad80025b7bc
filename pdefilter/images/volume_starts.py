"""How files of volumes start."""

from pdefilter.images.packed import start_of

NIFTI_1, NIFTI_2 = 348, 540
"""The sizes of both headers of NIfTI, with which files start."""

_MARKS = {NIFTI_1: (344, (b"n+1\0", b"ni1\0")), NIFTI_2: (4, (b"n+2\0", b"ni2\0"))}
_NEEDED = 348


def starts_nifti(data: bytes) -> bool:
    """Whether data are a NIfTI, which gzip may have packed."""
    start = start_of(data, _NEEDED)
    return any(
        int.from_bytes(start[:4], order) == size and start[at : at + 4] in marks
        for size, (at, marks) in _MARKS.items()
        for order in ("little", "big")
    )


def starts_nrrd(data: bytes) -> bool:
    """Whether data are a NRRD."""
    return data.startswith(b"NRRD000")


def starts_dicom(data: bytes) -> bool:
    """Whether data are a file of DICOM."""
    return data[128:132] == b"DICM"


def starts_metaimage(data: bytes) -> bool:
    """Whether data are a MetaImage: a header of lines, of which one of the first is `NDims`."""
    lines = data[:256].splitlines()[:4]
    words = [line.partition(b"=")[0].strip() for line in lines]
    return words[:1] in ([b"ObjectType"], [b"NDims"], [b"Comment"]) and b"NDims" in words
