/**
 * Preloaded into a child process. When the parent ends, even if it was killed, the channel to it closes, and this ends the
 * child's whole process group. No process is left running when a terminal is closed or a runner is killed.
 */
const ownProcessGroup = 0;

process.on('disconnect', () => process.kill(ownProcessGroup, 'SIGKILL'));
// The channel itself must not keep the child alive.
process.channel?.unref();
