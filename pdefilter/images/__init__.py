"""What an image is, and how it comes in and goes out."""
