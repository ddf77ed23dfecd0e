"""What embeddings tell a person who labels: neighbours, maps, likely errors, agreement. Arrays in, arrays out."""
