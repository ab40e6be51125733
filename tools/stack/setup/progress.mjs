/** Lines of several things going on at once, each with the seconds since the start; silent when nothing takes long. */
export function createProgress(write = (line) => process.stderr.write(`${line}\n`), now = Date.now) {
  const began = now();
  let said = false;
  const seconds = () => `${Math.round((now() - began) / 1000)}`.padStart(4);
  return {
    lane: (name) => (line) => {
      said = true;
      write(`${seconds()} s  ${name.padEnd(13)} ${line}`);
    },
    done: () => said && write(`${seconds()} s  set-up is complete`),
  };
}
