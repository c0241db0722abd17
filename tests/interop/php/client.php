<?php
/* Every source as PHP's SoapClient sees it; as zeep/client.py, with which it shares cases.json. Says one line a check, "ok NAME"
 * or "not ok NAME", and at the end "# events N". */

ini_set('soap.wsdl_cache_enabled', '0');
ini_set('default_socket_timeout', '20');
error_reporting(E_ALL & ~E_DEPRECATED);

const VERSIONS = ['1.1' => SOAP_1_1, '1.2' => SOAP_1_2];
const CODES = ['1.1' => ['Client', 'Server'], '1.2' => ['Sender', 'Receiver']];

class Run
{
    public array $cases;
    public int $number = 620000000;
    public int $events = 0;
    public int $failed = 0;

    public function __construct(public string $address, string $path)
    {
        $this->cases = json_decode(file_get_contents($path), true, 64, JSON_THROW_ON_ERROR);
    }

    /* Never prints what was sent or received. */
    public function check(string $name, callable $act): void
    {
        try {
            $problem = $act();
        } catch (Throwable $error) {
            $problem = get_class($error) . ': ' . substr($error->getMessage(), 0, 200);
        }
        $this->failed += $problem ? 1 : 0;
        echo ($problem ? 'not ok ' : 'ok ') . $name . "\n";
        if ($problem) {
            echo '# ' . str_replace("\n", ' ', $problem) . "\n";
        }
    }

    public function fill(mixed $value): mixed
    {
        if (is_array($value)) {
            $names = array_map(fn ($name) => is_string($name) ? ltrim($name, '@') : $name, array_keys($value));
            return array_combine($names, array_map(fn ($item) => $this->fill($item), $value));
        }
        return str_replace(['{n}', '{person}'], [(string)$this->number, implode('', $this->cases['person'])], $value);
    }

    public function next(mixed $value): mixed
    {
        $this->number++;
        return $this->fill($value);
    }

    public function open(string $source, string $version): SoapClient
    {
        return new SoapClient("$this->address/in/$source?wsdl", [
            'soap_version' => VERSIONS[$version],
            'cache_wsdl' => WSDL_CACHE_NONE,
            'exceptions' => true,
            'features' => SOAP_SINGLE_ELEMENT_ARRAYS,
        ]);
    }
}

function look_at_receipt(object $receipt): ?string
{
    if (strlen($receipt->messageId) !== 36 || strlen($receipt->sha256) !== 64 || !strtotime($receipt->receivedAt)) {
        return "a receipt's id, digest or time is not what it should be";
    }
    // What another version of SOAP has said before, and has no number of its own, is known.
    $taken = $receipt->events > 0 && $receipt->sequence > 0;
    if (!($taken || $receipt->duplicates > 0) || $receipt->rejected !== 0) {
        return "$receipt->events events from $receipt->sequence, $receipt->duplicates known, $receipt->rejected rejected";
    }
    return null;
}

function look_at_fault(string $version, SoapFault $fault, ?string $code): ?string
{
    $parts = explode(':', $fault->faultcode);
    if (!in_array(end($parts), CODES[$version], true)) {
        return "the fault's code is $fault->faultcode";
    }
    $detail = $fault->detail->fault ?? null;
    if ($fault->faultstring === '' || !$detail) {
        return 'the fault has no text or no detail';
    }
    if (strlen($detail->messageId) !== 36 || $detail->text !== $fault->faultstring) {
        return 'the detail is not that of the fault';
    }
    return $code === null || $detail->code === $code ? null : "the detail's code is $detail->code";
}

function expect_fault(string $version, callable $call, ?string $code): ?string
{
    try {
        $call();
    } catch (SoapFault $fault) {
        return look_at_fault($version, $fault, $code);
    }
    return 'no fault';
}

/* More than the max-body of every source. */
function oversized(): string
{
    return '<ROWS>' . str_repeat('<ROW/>', 20000) . '</ROWS>';
}

function run_submit(Run $run, SoapClient $client, array $case, string $version): void
{
    $title = "php/{$case['name']}/soap-$version/";
    if (!str_contains(implode("\n", $client->__getFunctions()), ' Submit(')) {
        return;
    }
    $good = $run->next($case['good']);
    $first = null;
    $run->check($title . 'submit', function () use ($run, $client, $good, &$first) {
        $first = $client->Submit(['document' => $good]);
        $run->events += $first->events;
        return look_at_receipt($first);
    });
    $run->check($title . 'resend-gives-the-first-receipt', function () use ($client, $good, &$first) {
        return $client->Submit(['document' => $good]) == $first ? null : 'another receipt';
    });
    if (isset($case['typed'])) {
        $run->check($title . 'typed-submit', function () use ($run, $client, $case) {
            $receipt = $client->Submit($run->next($case['typed']));
            $run->events += $receipt->events;
            return look_at_receipt($receipt);
        });
    }
    $run->check($title . 'bad-record-is-a-fault', fn () => expect_fault(
        $version,
        fn () => $client->Submit(['document' => $run->next($case['bad'])]),
        $case['badCode']
    ));
    $run->check($title . 'foreign-document-is-a-fault', fn () => expect_fault(
        $version,
        fn () => $client->Submit(['document' => $run->next($run->cases['foreign'])]),
        $run->cases['foreignCode']
    ));
    $run->check($title . 'oversized-is-a-fault', fn () => expect_fault(
        $version,
        fn () => $client->Submit(['document' => oversized()]),
        'body-too-large'
    ));
    /* SoapClient writes whatever it is given as a string, here "Array": it is the bus that says that this is no document. */
    $run->check($title . 'wrong-type-is-a-fault', fn () => expect_fault(
        $version,
        fn () => @$client->Submit(['document' => ['no text']]),
        $run->cases['wrongTypeCode']
    ));
}

function answered(Run $run, mixed $answer, string $wanted): ?string
{
    $text = is_object($answer) ? implode(' ', array_map('strval', get_object_vars($answer))) : (string)$answer;
    return str_contains($text, $run->fill($wanted)) ? null : 'another answer';
}

/* In document style the parameters are one structure; in rpc style each is an argument. */
function call(SoapClient $client, array $operation, array $arguments): mixed
{
    $rpc = !str_contains(implode("\n", $client->__getFunctions()), "{$operation['name']}({$operation['name']} ");
    return $client->__soapCall($operation['name'], $rpc ? array_values($arguments) : [$arguments]);
}

function run_operation(Run $run, SoapClient $client, array $case, array $operation, string $version): void
{
    $title = "php/{$case['name']}/soap-$version/{$operation['name']}/";
    $first = $run->next($operation['arguments']);
    $answer = null;
    $run->check($title . 'is-answered-as-declared', function () use ($run, $client, $operation, $first, &$answer) {
        $answer = call($client, $operation, $first);
        return answered($run, $answer, $operation['answer']);
    });
    $run->check($title . 'resend-gives-the-first-answer', function () use ($client, $operation, $first, &$answer) {
        return call($client, $operation, $first) == $answer ? null : 'another answer';
    });
    $run->check($title . 'oversized-is-a-fault', function () use ($client, $operation, $first, $version) {
        $first[array_key_last($first)] = oversized();
        return expect_fault($version, fn () => call($client, $operation, $first), 'body-too-large');
    });
    if (!isset($operation['bad'])) {
        return;
    }
    $run->check($title . 'refusal-is-said-in-the-departments-way', function () use ($run, $client, $operation, $version) {
        $arguments = $run->next($operation['bad']);
        if (isset($operation['badAnswer'])) {
            return answered($run, call($client, $operation, $arguments), $operation['badAnswer']);
        }
        return expect_fault($version, fn () => call($client, $operation, $arguments), null);
    });
}

function run_source(Run $run, array $case): void
{
    foreach (array_keys(VERSIONS) as $version) {
        $version = (string)$version;
        $client = null;
        $run->check("php/{$case['name']}/soap-$version/client-is-generated", function () use ($run, $case, $version, &$client) {
            $client = $run->open($case['name'], $version);
            return null;
        });
        if (!$client) {
            continue;
        }
        run_submit($run, $client, $case, $version);
        foreach ($case['operations'] ?? [] as $operation) {
            if (in_array($version, $operation['soap'] ?? ['1.1', '1.2'], true)) {
                run_operation($run, $client, $case, $operation, $version);
            }
        }
    }
}

$run = new Run($argv[1], $argv[2]);
foreach ($run->cases['sources'] as $case) {
    run_source($run, $case);
}
echo "# events $run->events\n";
exit($run->failed ? 1 : 0);
