const soap = require("soap");

async function main() {
  const client = await soap.createClientAsync(process.argv[2]);
  for (const person of ["<XM>测试丁</XM>", ""]) {
    const document = `<ROWS><ROW><SWZXID>NPM-1</SWZXID><HJYWID>NPM-1</HJYWID><SWRQ>20090318</SWRQ>${person}</ROW></ROWS>`;
    try {
      const [receipt] = await client.SubmitAsync({ document });
      console.log(receipt.messageId);
    } catch (error) {
      const { code, messageId } = error.root.Envelope.Body.Fault.detail.fault;
      console.log(code, messageId);
    }
  }
}

main();
