import { Program } from './kumocast-process.js';

describe('examples/tutorial.sh', () => {
  it('sees the create, the update and the delete arrive', async () => {
    const tutorial = Program.start('bash', ['examples/tutorial.sh']);
    const code = await tutorial.ended();
    expect({ code, text: code === 0 ? '' : tutorial.text }).toEqual({ code: 0, text: '' });
    const told = [...tutorial.text.matchAll(/^\d\d:\d\d:\d\d {2}(create|update|delete) {2}(\S+)/gm)];
    expect(told.map(([, action]) => action)).toEqual(['create', 'update', 'delete']);
    expect(new Set(told.map(([, , id]) => id)).size).toBe(1);
  });

  it('is not led astray by settings in the environment', async () => {
    const tutorial = Program.start('bash', ['examples/tutorial.sh'], { KINTO_EVENT_LISTENERS: '' });
    expect(await tutorial.ended()).toBe(0);
  });
});
