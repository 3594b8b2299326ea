/**
 * Preloaded into a child process: when the parent goes, however hard, the channel to it breaks, and the child's whole
 * process group ends with it. Nothing is left running because a terminal was closed or a runner was killed.
 */
const ownProcessGroup = 0;

process.on('disconnect', () => process.kill(ownProcessGroup, 'SIGKILL'));
// The channel alone must not keep the child alive.
process.channel?.unref();
