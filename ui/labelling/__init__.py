"""The Labelling screen: passive views that show what they are given and say what a person did."""
