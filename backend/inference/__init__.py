"""Model bundles and how they run: bundle format, preprocessing, OpenVINO, heat maps. No Qt, no TensorFlow, no store."""
