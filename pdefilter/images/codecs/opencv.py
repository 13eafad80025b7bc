"""OpenCV without its log, as errors in a file are reported in our own words."""

import cv2

cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

__all__ = ["cv2"]
