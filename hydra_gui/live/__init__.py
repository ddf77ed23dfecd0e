"""The Live screen's item models, images and presenter."""
