/** Who is told what arrives, by topic. */
export class Topics {
  private readonly listeners = new Map<string, Set<(text: string) => void>>();

  add(topic: string, listener: (text: string) => void): () => void {
    const ofTopic = this.listeners.get(topic) ?? new Set();
    this.listeners.set(topic, ofTopic);
    // Of its own, so that the same listener may be added twice.
    const entry = (text: string) => listener(text);
    ofTopic.add(entry);
    return () => ofTopic.delete(entry);
  }

  tell(topic: string, text: string): void {
    for (const listener of [...(this.listeners.get(topic) ?? [])]) {
      try {
        listener(text);
      } catch (error) {
        const story = error instanceof Error ? error.stack : undefined;
        process.emitWarning(`A listener for ${topic} threw: ${story ?? String(error)}`);
      }
    }
  }
}
