// The submodule of boards with Bluetooth; the tests compile nothing of it.
