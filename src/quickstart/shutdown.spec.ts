import { describe, expect, it, jest } from '@jest/globals';
import { Shutdown, Stopping } from './shutdown.js';

describe('a shutdown', () => {
  it('undoes the last first, each once, however often it is asked', async () => {
    const undone: string[] = [];
    const shutdown = new Shutdown();
    for (const name of ['database', 'service']) shutdown.undo(() => void undone.push(name));
    await Promise.all([shutdown.run(), shutdown.run()]);
    expect(undone).toEqual(['service', 'database']);
  });

  it('lets nothing new begin, and undoes what began meanwhile', async () => {
    const late = jest.fn();
    const shutdown = new Shutdown();
    shutdown.check();
    await shutdown.run();
    shutdown.undo(() => void late());
    expect(() => shutdown.check()).toThrow(Stopping);
    await shutdown.run();
    expect(late).toHaveBeenCalledTimes(1);
  });

  it('goes on when one thing cannot be undone', async () => {
    const complaint = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    const undone = jest.fn();
    const shutdown = new Shutdown();
    shutdown.undo(() => void undone());
    shutdown.undo(() => Promise.reject(new Error('stuck')));
    await shutdown.run();
    expect(undone).toHaveBeenCalled();
    complaint.mockRestore();
  });
});
