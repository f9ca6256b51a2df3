/** One event of a stream (HTML standard, 9.2.6). */
export interface StreamEvent {
  readonly event: string;
  readonly data: string;
  /** When to connect again should the stream end, in ms, where the server has said it. */
  readonly retry: number | undefined;
}

const LINE_END = /\r\n|\n|\r/;

/**
 * The events of an answer, one after another.
 *
 * @param arrived called for everything that comes, comments included
 */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  arrived: () => void,
): AsyncGenerator<StreamEvent, void, undefined> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  let retry: number | undefined;
  let [event, data] = ['message', ''];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      arrived();
      const lines = (rest + decoder.decode(value, { stream: true })).split(LINE_END);
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const [, field, text = ''] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
        if (line === '') {
          if (data !== '') yield { event, data, retry };
          [event, data] = ['message', ''];
        } else if (field === 'event') event = text;
        else if (field === 'data') data += text;
        else if (field === 'retry') retry = Number(text);
      }
    }
  } finally {
    // Not awaited: that can take as long as the server says nothing.
    void reader.cancel().catch(() => undefined);
  }
}
