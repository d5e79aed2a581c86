package importer

// dice are numbers drawn from a text: the same text, the same numbers, on every
// machine and in every release. They make up what a source leaves out.
type dice uint64

// diceOf starts from the FNV-1a hash of the parts.
func diceOf(parts ...string) dice {
	h := uint64(14695981039346656037)
	for _, part := range parts {
		for i := 0; i < len(part); i++ {
			h = (h ^ uint64(part[i])) * 1099511628211
		}
		h = (h ^ 0xff) * 1099511628211 // between the parts
	}
	return dice(h)
}

// roll is a number from 0 to n-1; n is at least 1. It is splitmix64.
func (d *dice) roll(n int) int {
	*d += 0x9e3779b97f4a7c15
	z := uint64(*d)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return int((z ^ z>>31) % uint64(n))
}
