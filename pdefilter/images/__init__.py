"""Images, their values and metadata, and the files that hold them."""
