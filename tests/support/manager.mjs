// A service manager as far as a program sees it: a private notify socket, and sockets it listens on.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { cleanUp, temporaryFolder, until } from './bot.mjs';

const listener = `import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o777)
print("bound", flush=True)
while True: print(s.recv(4096).decode(), flush=True)
`;

// What a program sends to $NOTIFY_SOCKET, line by line. Node has no datagrams on local sockets.
export async function manager(t) {
  const address = path.join(temporaryFolder(t), 'notify');
  const child = spawn('python3', ['-c', listener, address], { stdio: ['ignore', 'pipe', 'inherit'] });
  cleanUp(t, () => child.kill('SIGKILL'));
  const heard = { text: '', address, lines: () => heard.text.split('\n') };
  child.stdout.on('data', (data) => (heard.text += data));
  await until('python3 listens', () => heard.text.includes('bound'));
  return heard;
}
