"""Options that several filters take, and what they mean for an operation."""
