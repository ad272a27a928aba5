package host

// What tests look into.
var Diff = diff
