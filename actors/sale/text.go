package sale

// String is the status as in the HTTP contract.
func (s BookingStatus) String() string {
	return name([]string{"", "pending", "confirmed", "declined", "cancelled", "refunded"}, int(s))
}

// String is the status as in the HTTP contract.
func (s PaymentStatus) String() string {
	return name([]string{"unpaid", "authorized", "captured", "declined", "refunded"}, int(s))
}

// String is the task as metrics and logs name it.
func (t Task) String() string {
	return name([]string{"none", "authorise", "capture", "refund"}, int(t))
}

func name(names []string, i int) string {
	if i < len(names) {
		return names[i]
	}
	return "unknown"
}
