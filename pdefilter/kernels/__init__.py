"""The inner loops: arrays in, arrays out, strict IEEE float32 in one fixed order."""
