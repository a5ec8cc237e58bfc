package engine

// since28 is what Docker Engine 28 and 29 decide alike. A release embeds it and has methods of
// its own for the rest.
type since28 struct{ docker20 }
