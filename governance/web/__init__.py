"""The workshop of the views; knows no area of the domain."""
