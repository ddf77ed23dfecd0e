"""What a person asks for by name: import labels, train, classify files, check the installation. No Qt, no terminal."""
