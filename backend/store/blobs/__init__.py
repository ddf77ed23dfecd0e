"""Where bytes live: content-addressed blobs behind one Protocol."""
