package main

const serveText = `
Runs a node until it is told to stop (SIGTERM or SIGINT).`

const verifyText = `
Replays every record of a stopped node's log and compares the states.`

// serve is the command of that name.
func serve(args []string, env environment) int {
	if _, _, err := loadConfig(args, env); err != nil {
		return env.fail("serve", err)
	}
	return exitFailed
}

// verify is the command of that name.
func verify(args []string, env environment) int {
	if _, _, err := loadConfig(args, env); err != nil {
		return env.fail("verify", err)
	}
	return exitFailed
}
