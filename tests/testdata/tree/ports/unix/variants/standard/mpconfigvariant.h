// The standard variant.
