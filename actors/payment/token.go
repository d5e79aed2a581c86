package payment

import (
	"strconv"
	"strings"
	"time"
)

// maxDelay bounds pm_sandbox_delay_<ms>.
const maxDelay = 60_000

// behaviour is what a token makes the sandbox do.
type behaviour struct {
	reason    string        // of a decline; "": approved
	delay     time.Duration // of the answer, from the first call on
	hang      bool          // the first call never answers
	errorOnce bool          // the first call fails
}

// approving are the cards that pay.
var approving = map[string]bool{
	"visa": true, "mastercard": true, "amex": true, "discover": true, "diners": true, "jcb": true, "unionpay": true,
}

// declining are the reasons of pm_card_chargeDeclined<what>.
var declining = map[string]string{
	"":                      "card_declined",
	"InsufficientFunds":     "insufficient_funds",
	"ExpiredCard":           "expired_card",
	"Fraudulent":            "fraudulent",
	"FraudulentDecline":     "fraudulent",
	"LostCard":              "lost_card",
	"StolenCard":            "stolen_card",
	"IncorrectCvc":          "incorrect_cvc",
	"ProcessingError":       "processing_error",
	"VelocityLimitExceeded": "card_velocity_exceeded",
}

// invalidMethod declines what is no payment method of ours.
const invalidMethod = "invalid_payment_method"

// behaviourOf reads a token; slow is the delay of pm_sandbox_slow.
func behaviourOf(method, token string, slow time.Duration) behaviour {
	if method != "card" {
		return behaviour{reason: invalidMethod}
	}
	if card, ok := strings.CutPrefix(token, "pm_card_"); ok {
		return cardBehaviour(card)
	}
	switch token {
	case "pm_sandbox_slow":
		return behaviour{delay: slow}
	case "pm_sandbox_timeoutAfterEffect":
		return behaviour{hang: true}
	case "pm_sandbox_errorOnce":
		return behaviour{errorOnce: true}
	case "pm_sandbox_errorThenDeclined":
		return behaviour{errorOnce: true, reason: "card_declined"}
	}
	if digits, ok := strings.CutPrefix(token, "pm_sandbox_delay_"); ok {
		if ms, err := strconv.ParseUint(digits, 10, 32); err == nil && ms <= maxDelay {
			return behaviour{delay: time.Duration(ms) * time.Millisecond}
		}
	}
	return behaviour{reason: invalidMethod}
}

// cardBehaviour reads what follows pm_card_.
func cardBehaviour(card string) behaviour {
	if what, ok := strings.CutPrefix(strings.TrimPrefix(card, "visa_"), "chargeDeclined"); ok {
		if reason, ok := declining[what]; ok {
			return behaviour{reason: reason}
		}
	}
	for _, kind := range [...]string{"_debit", "_prepaid"} {
		if brand, ok := strings.CutSuffix(card, kind); ok {
			card = brand
			break
		}
	}
	if approving[card] {
		return behaviour{}
	}
	return behaviour{reason: invalidMethod}
}
