"""JPEG XLs by cjxl with colours other than sRGB, and others in boxes of every kind."""

import base64

import imagecodecs
import numpy as np
import PIL.Image

from unusual.jpeg import MOTION, PLAIN, picture

# By cjxl 0.7 from the picture that these modules share, with the options given.
_BY_CJXL = {
    # -d 0, with an ICC profile of an unknown space
    "profile.jxl": """
/wqIMBDCW8OAhHkANFWSts+i5nXMByla7CFqWGgRW2gJMqc+ws6TQRcXhtNGQrizhd3ZJEbXVshoNLq0Bq8tDEDW0dYZAT5x
rpoZl4FcQgEM+L+wtOIri6GuExe5rOShEKBobSornWaqyzvrL1mv3EAu6/gGOPoKmyubeopKhwVYO1sGaCpbWsqaQ+21sgA6
TWMNFeBUb//9d57yNN4JtF9I//1331D//bdfEezlQoGPcz39gcL4UUuCjBFMj1Bjx5A6hMLKhlnA27xmza9nR1FlW37sAJ1l
gko6ZGY+XjwuvcKwTQgCAQC8AUsYm+1OYRQUlBQjBQWWxuDJMUbHYHYi0zEGNUbH4C1xyBiD4egDOAdQX6av/6//r/+v/6X/
vPJtBfe0///1/////////+/6/xxJdvB+U+FLezNQstM1votq/////f/D/z/8/8PTP6T/w/4vB0yQgA==
""",
    # -d 1, with the same profile
    "profile-lossy.jxl": """
/wqIMJDCW8OAhHkANFWSts+i5nXMByla7CFqWGgRW2gJMqc+ws6TQRcXhtNGQrizhd3ZJEbXVshoNLq0Bq8tDEDW0dYZAT5x
rpoZl4FcQgEM+L+wtOIri6GuExe5rOShEKBobSornWaqyzvrL1mv3EAu6/gGOPoKmyubeopKhwVYO1sGaCpbWsqaQ+21sgA6
TWMNFeBUb//9d57yNN4JtF9I//1331D//bdfEezlQoGPcz39gcL4UUuCjBFMj1Bjx5A6hMLKhlnA27xmza9nR1FlW37sAJ1l
gko6ZGY+XjwuvcKwTQASiAIADAJd5RIAABUqo4wbvJzr+fJDh8W0jesMbbVtYUmiyDg2SSdwSBJLQLWjsSEpQXG8VD3zCx9e
esHadAtLlqgLkwOD3DMn94SgXPsz2JNXESIBAFRIgRwAdiMVRZIxRsZIuGBAhOBAuoXrWbETG8cLLlvR1nK4MEX9qRnr7cWs
uuJO2wC2Cg==
""",
    # from a JPEG, with compressed EXIF and pieces
    "turned-jpeg.jxl": """
AAAADEpYTCANCocKAAAAFGZ0eXBqeGwgAAAAAGp4bCAAAAATanhscAAAAAD/CogwC8QEAAAB42picmTAcNsAgiAILQMCQDoA
oUaBkKtKAABAyFHZgqE4/yeIjBHKOKcUtB8hQ5ilDjLMQOkONVgfMpx8zIBDDiosctCwA9tHDf37I8scdtyBhqL7X4xxxiSX
bPLJKKc8M80123wzzjkLPTTRRRt9NNJJSz011VVbfTXWWYs9Ntllm3022mnLPTfdddt9N955Cz444YUbfjjiiUcu+eSUV275
5ZhnHrroo5Neuumno5567LLPTnvttt+Oe+7BCz888cUbfzzyyUcv/fTUV2/99dhnD3744o9Pfvnmn49++vDHL//89Ndv//34
5/+vYKqqBABAyFHZgqE4/y+IhFJGWacUifGAkM2oQYZJdaCherDh3EOOGVCQDxpy0GEHNhZZ5qjf7cOOG1rRH3lm8EmG978Y
44xLNvlklFOmuWabb8Y5Z6GHJrpoo49GOmmpp6a6aquvxjprsccmu2yzz0Y7bbnnprtuu+/GO+/ABR+c8MINPxzxxCOXfHLK
K7f8cswzD1300Ukv3fTTUU89dtlnp71222/HPffghR+e+OKNPx755KOXfnrqq7f+euyzD1/88ckv3/zz0U8/fvnnp79+++/H
P/9/gR8AqCwACwiA4AAQSkZJRgABAQAAAQABAAADAAAARmJyb2JFeGlmixqAAAAAAE1NACoAAAAIAAIBDwACAAAADAAAACYB
EgADAAAAAQAGAAAAAAAAT3B0aWNzICYgQ28AAwAAATNqeGxwgAAAAeBbAhAAgAQIYAhgCGD+/w4AABgACAABAAAAAACAgCWJ
IuPYCWnuWAEASk4KCgoKlwQJMVgpOjoawiFGxDAiOoLpIxQAgCLNEBzD0dEwkswyt8GMg7CBHj1zkpqt09DdPfkBAJgAcAKI
mdkNAJAnBACAdQFAfhsAAAAAAAAAAAAYIPIAagWUgwFiAGEIsNgDRykUEIYAiSeBQQQh6x0AgBwIAAAAjAAAAAAAAAAAAAAA
AAAAUEiBXNd0W94xBgcjqcgYS1n4WAHuZ63gO2BpMQhaJr35p/hOoOW/1rZxgAryk9baZgy0yJSE6Fh8cXEVdP2BiyCfXVxr
4BfyXYv1HETMxX8BOZHHw4HBWNufZV+uX6J0WdtnqkPAHncLt+nsldNKmxQCPQM=
""",
    # with three frames
    "moving.jxl": """
/wqIMMEAAopLAggCoggAALwBSxib7U5hFBSUFCMFBZbG4MkxRsdgdiLTMQY1RsfgLXHIGIPh6AM4B1Bfpq//r/+v/6//pf+8
8m0F97T///X/////////7/r/HEl28H5T4Ut7M1Cy0zW+i2r////9/8P/P/z/w9M/pP/D/i8HTJCACAIaCQAAFAJLKDJ28czq
qiGhrA6+H3yXIEGCBAkSHBHGCRSMFBQoG2MvxnjdsS4GT4EYYyAGsxpLU8MYg+gYiDF4Y6QyxmAoxuA1D+AI3DsAyOchIPcM
gHNKohrzS+pop7BfENxXArNCKEJczuFgCAE/0gf6/gKQ3132Z5N8PPnfDPwCEz8AgLkPCLAJCALTBwAABAAcAksoMoWLnXNt
06EwTg9+394oKCgoKCg4IowQBQUjBQWyG2NQY8wYvGd3rIvBUyDGGIjBrMYiNRBjEGMMxOCRSI3B6egYg7c7gPNwIgXw+g9e
/1//X/9f//3+Ca7PofUh6qF83f9H//cm+7hH3/m2IPNxIaFi/kIFPoWQYhcLD1v5AADWWyDAJg==
""",
    # -x color_space=RGB_D65_DCI_Rel_SRG, turned
    "p3.jxl": """
AAAADEpYTCANCocKAAAAFGZ0eXBqeGwgAAAAAGp4bCAAAACGanhsY/8KiDALBGRySwgCAQC8AUsYm+1OYRQUlBQjBQWWxuDJ
MUbHYHYi0zEGNUbH4C1xyBiD4egDOAdQX6av/6//r/+v/6X/vPJtBfe0///1/////////+/6/xxJdvB+U+FLezNQstM1votq
/////f/D/z/8/8PTP6T/w/4vB0yQgA==
""",
    # -x color_space=RGB_D65_202_Rel_PeQ --intensity_target 1000, turned
    "pq.jxl": """
AAAADEpYTCANCocKAAAAFGZ0eXBqeGwgAAAAAGp4bCAAAACManhsY/8KiDALBOTRAz0GAAAAgAgCAQC8AUsYm+1OYRQUlBQj
BQWWxuDJMUbHYHYi0zEGNUbH4C1xyBiD4egDOAdQX6av/6//r/+v/6X/vPJtBfe0///1/////////+/6/xxJdvB+U+FLezNQ
stM1votq/////f/D/z/8/8PTP6T/w/4vB0yQgA==
""",
}


def box(kind: bytes, body: bytes) -> bytes:
    return (len(body) + 8).to_bytes(4) + kind + body


def boxed(*others: tuple[bytes, bytes], pieces: int = 1) -> bytes:
    """A picture in a container, in one box or several, with others after it."""
    stream = bytes(imagecodecs.jpegxl_encode(picture(), lossless=True))
    start = box(b"JXL ", b"\r\n\x87\n") + box(b"ftyp", b"jxl \0\0\0\0jxl ")
    if pieces == 1:
        start += box(b"jxlc", stream)
    else:
        size = -(-len(stream) // pieces)
        for number in range(pieces):
            last = (number == pieces - 1) << 31
            part = stream[number * size : (number + 1) * size]
            start += box(b"jxlp", (number | last).to_bytes(4) + part)
    return start + b"".join(box(*other) for other in others)


def exif(orientation: int = 1) -> bytes:
    tags = PIL.Image.Exif()
    tags[0x010F], tags[0x0112] = "Optics & Co", orientation
    return tags.tobytes().removeprefix(b"Exif\0\0")


def files() -> dict[str, bytes]:
    """Make the files."""
    deep, grey = picture().astype(np.uint16), picture(1)
    packed = bytes(imagecodecs.brotli_encode(bytes(4) + exif()))
    return {
        **{name: base64.b64decode(text) for name, text in _BY_CJXL.items()},
        "grey.jxl": bytes(imagecodecs.jpegxl_encode(grey, lossless=True)),
        "alpha.jxl": bytes(imagecodecs.jpegxl_encode(picture(4), lossless=True)),
        "lossy.jxl": bytes(imagecodecs.jpegxl_encode(picture(), distance=1)),
        "ten-bits.jxl": bytes(
            imagecodecs.jpegxl_encode(deep << 2, lossless=True, bitspersample=10)
        ),
        "linear.jxl": bytes(imagecodecs.jpegxl_encode(deep * 257, lossless=True)),
        "halves.jxl": bytes(
            imagecodecs.jpegxl_encode((deep / 255).astype(np.float16), lossless=True)
        ),
        "floats.jxl": bytes(
            imagecodecs.jpegxl_encode((deep / 255).astype(np.float32), lossless=True)
        ),
        "four-bits.jxl": bytes(
            imagecodecs.jpegxl_encode(picture() >> 4, lossless=True, bitspersample=4)
        ),
        # The orientation in its EXIF is ignored.
        "described.jxl": boxed((b"Exif", bytes(4) + exif(6)), (b"xml ", PLAIN)),
        "pieces.jxl": boxed((b"brob", b"Exif" + packed), pieces=3),
        "motion.jxl": boxed((b"xml ", MOTION), (b"jumb", bytes(8)), (b"jhgm", bytes(9))),
        "broken-exif.jxl": boxed((b"Exif", b"\xff\xff\xff\xffII*\0"), (b"brob", b"xml junk")),
        "twice.jxl": boxed((b"Exif", bytes(4) + exif()), (b"Exif", bytes(4) + exif())),
    }
