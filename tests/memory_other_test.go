//go:build !linux

package tests_test

// memoryDir knows no directory in memory here.
func memoryDir() string { return "" }
