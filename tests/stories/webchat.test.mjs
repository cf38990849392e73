// The desk of the web chat, as a window speaks to it: kept, resumed, never doubled.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startBot, until } from '../support/bot.mjs';

async function window(bot, headers, after = 0) {
  const socket = await bot.webSocket(headers);
  const heard = [];
  (async () => {
    for (;;) heard.push(await socket.nextJson(60000));
  })().catch(() => {});
  socket.sendText(JSON.stringify({ type: 'open', after }));
  const history = await until('the history', () => heard.find((one) => one.type === 'history'));
  const say = (id, text, conversation = 'main') => socket.sendText(JSON.stringify({ type: 'message', id, conversation, text }));
  return { socket, heard, history, say, of: (type) => heard.filter((one) => one.type === type) };
}

describe('A desk', () => {
  it('tells what was said to every window, and keeps it over a restart in place', async (t) => {
    const bot = await startBot(t);
    const browser = await bot.browser();
    const one = await window(bot, browser);
    const two = await window(bot, browser);
    one.say('a', '!ping');
    for (const each of [one, two]) {
      await until('the answer', () => each.of('handled').length === 1);
      assert.deepEqual(each.of('said').map((line) => [line.author, line.text]), [['you', '!ping'], ['bot', 'pong']]);
    }
    const last = one.of('said').at(-1).number;
    assert.equal((await bot.cli('restart')).code, 0);
    const again = await window(bot, browser, last);
    assert.deepEqual(again.history.messages, []);
    assert.equal(again.history.whole, false);
    assert.equal(again.history.kept, true);
    const whole = await window(bot, browser);
    assert.deepEqual(whole.history.messages.map((line) => line.delivery ?? line.text), ['answered', 'pong']);
  });

  it('handles a message once, however often it is sent', async (t) => {
    const bot = await startBot(t);
    const one = await window(bot, await bot.browser());
    for (let i = 0; i < 5; i++) one.say('same', '!ping');
    one.say('other', '!ping');
    await until('both are handled', () => one.of('handled').length === 2);
    assert.equal(one.of('said').filter((line) => line.author === 'bot').length, 2);
  });

  it('sends everything anew to a window that knows a number nobody gave', async (t) => {
    const bot = await startBot(t);
    const browser = await bot.browser();
    const one = await window(bot, browser);
    one.say('a', '!ping');
    await until('handled', () => one.of('handled').length === 1);
    const lost = await window(bot, browser, 4711);
    assert.equal(lost.history.whole, true);
    assert.equal(lost.history.messages.length, 2);
  });

  it('forgets a conversation everywhere', async (t) => {
    const bot = await startBot(t);
    const browser = await bot.browser();
    const [one, two] = [await window(bot, browser), await window(bot, browser)];
    one.say('a', '!ping', 'first');
    one.say('b', '!ping', 'second');
    await until('handled', () => two.of('handled').length === 2);
    one.socket.sendText(JSON.stringify({ type: 'delete', conversation: 'first' }));
    await until('told', () => two.of('deleted').length === 1);
    const left = (await window(bot, browser)).history.messages;
    assert.deepEqual([...new Set(left.map((line) => line.conversation))], ['second']);
  });

  it('is one person’s own', async (t) => {
    const bot = await startBot(t);
    const ada = await window(bot, await bot.browser('ada'));
    ada.say('a', '!ping');
    await until('handled', () => ada.of('handled').length === 1);
    const eve = await window(bot, await bot.browser('eve'));
    assert.deepEqual(eve.history.messages, []);
  });

  it('takes nonsense as nonsense and goes on', async (t) => {
    const bot = await startBot(t);
    const one = await window(bot, await bot.browser());
    assert.equal(one.history.kept, true);
    for (const wrong of ['{', '[]', '{"type":"message"}', '{"type":"message","id":"","text":"x"}', '{"type":"open","after":"x"}', '{"type":"message","id":"i","text":"x","conversation":""}']) one.socket.sendText(wrong);
    one.say('a', '!ping');
    await until('handled all the same', () => one.of('handled').length === 1);
  });
});
