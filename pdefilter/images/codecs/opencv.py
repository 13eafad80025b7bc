"""OpenCV without its log: what is wrong with a file is told by our own sentence."""

import cv2

cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

__all__ = ["cv2"]
