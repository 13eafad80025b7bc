"""Files of lines: pictures for people, tables and maps for programs."""
