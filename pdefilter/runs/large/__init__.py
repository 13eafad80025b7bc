"""Images that are larger than memory: filtered box by box, with the same bits as the whole."""
