"""What a run did: as lines of JSON, as a page for a browser, and done again."""
