/** No answer came. The message may be logged: it never shows a path, a query, a header or a body. */
export class OutgoingFailure extends Error {
  override readonly name: string = 'OutgoingFailure';
}

/** Nothing was sent: the host is an address inside, or its name leads to one. */
export class PrivateAddressRefused extends OutgoingFailure {
  override readonly name = 'PrivateAddressRefused';

  /**
   * @param host as the URL has it
   * @param address what it resolved to; the same when the URL has an address
   * @param why `loopback`, `private`, …
   */
  constructor(
    readonly host: string,
    readonly address: string,
    why: string,
  ) {
    const subject = host === address ? host : `${host} (${address})`;
    super(
      `${subject} is ${/^[aeiou]/.test(why) ? 'an' : 'a'} ${why} address, and only public ones may be called: see allow_private_addresses`,
    );
  }
}
