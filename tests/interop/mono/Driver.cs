using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Web.Services;
using System.Web.Services.Protocols;
using System.Xml;
using System.Xml.Serialization;

/* Driver.exe PLAN: does what the plan says with proxies of asmx style that Mono's wsdl made, a namespace for each source. */
static class Driver
{
    sealed class Step
    {
        public string Source, Service, Version, Operation;
        /* Texts, and dictionaries for elements that have elements; the names of attributes begin with @. */
        public readonly Dictionary<string, object> Arguments = new Dictionary<string, object>();

        public Step(string[] fields)
        {
            Source = fields[1];
            Service = fields[2];
            Version = fields[3];
            Operation = fields[4];
            foreach (string field in fields.Skip(5))
            {
                int equals = field.IndexOf('=');
                Put(field.Substring(0, equals).Split('/'), field.Substring(equals + 1));
            }
        }

        void Put(string[] path, string value)
        {
            Dictionary<string, object> place = Arguments;
            foreach (string folder in path.Take(path.Length - 1))
            {
                if (!place.ContainsKey(folder))
                {
                    place[folder] = new Dictionary<string, object>();
                }
                place = (Dictionary<string, object>)place[folder];
            }
            place[path.Last()] = value;
        }
    }

    static readonly Dictionary<string, SoapHttpClientProtocol> proxies = new Dictionary<string, SoapHttpClientProtocol>();

    /* Of several bindings with the operation any will do: which SOAP it speaks is a property. */
    static SoapHttpClientProtocol Open(Step step)
    {
        string key = step.Source + "/" + step.Service + "/" + step.Version;
        if (!proxies.ContainsKey(key))
        {
            string[] names = {step.Service + "Soap11", "SubmitSoap11"};
            Type type = Assembly.GetExecutingAssembly().GetTypes().First(one => one.Namespace == step.Source.Replace("-", "") &&
                one.GetCustomAttributes(false).OfType<WebServiceBindingAttribute>().Any(binding => names.Contains(binding.Name)) &&
                (step.Operation == "-" || one.GetMethod(step.Operation) != null));
            var proxy = (SoapHttpClientProtocol)Activator.CreateInstance(type);
            proxy.SoapVersion = step.Version == "1.2" ? SoapProtocolVersion.Soap12 : SoapProtocolVersion.Soap11;
            proxies[key] = proxy;
        }
        return proxies[key];
    }

    static object Make(Type type, object value)
    {
        var members = value as Dictionary<string, object>;
        if (members == null)
        {
            return value;
        }
        if (type.IsArray)
        {
            Array array = Array.CreateInstance(type.GetElementType(), 1);
            array.SetValue(Make(type.GetElementType(), value), 0);
            return array;
        }
        object made = Activator.CreateInstance(type);
        foreach (KeyValuePair<string, object> member in members)
        {
            PropertyInfo property = type.GetProperty(member.Key.Replace("@", ""));
            property.SetValue(made, Make(property.PropertyType, member.Value), null);
        }
        return made;
    }

    /* What Submit takes is a choice: one parameter, whose type the name of the element decides. */
    static object[] Arguments(Step step, MethodInfo method)
    {
        var given = new object[method.GetParameters().Length];
        for (int i = 0; i < given.Length; i++)
        {
            ParameterInfo parameter = method.GetParameters()[i];
            XmlElementAttribute choice = parameter.GetCustomAttributes(false).OfType<XmlElementAttribute>()
                .FirstOrDefault(one => step.Arguments.ContainsKey(one.ElementName ?? ""));
            if (choice != null)
            {
                given[i] = Make(choice.Type ?? parameter.ParameterType, step.Arguments[choice.ElementName]);
            }
            else if (!parameter.IsOut && step.Arguments.ContainsKey(parameter.Name))
            {
                given[i] = step.Arguments[parameter.Name];
            }
        }
        return given;
    }

    static string Text(object value)
    {
        return value is DateTime ? ((DateTime)value).ToUniversalTime().ToString("o") : Convert.ToString(value);
    }

    static Dictionary<string, string> Call(Step step)
    {
        SoapHttpClientProtocol proxy = Open(step);
        MethodInfo method = proxy.GetType().GetMethod(step.Operation);
        object[] given = Arguments(step, method);
        object answer = method.Invoke(proxy, given);
        var said = new Dictionary<string, string>();
        XmlElementAttribute name = method.ReturnTypeCustomAttributes.GetCustomAttributes(false).OfType<XmlElementAttribute>()
            .FirstOrDefault(one => !string.IsNullOrEmpty(one.ElementName));
        said[name != null ? name.ElementName : "return"] = Text(answer);
        foreach (ParameterInfo parameter in method.GetParameters().Where(one => one.IsOut && !one.ParameterType.GetElementType().IsArray))
        {
            said[parameter.Name] = Text(given[parameter.Position]);
        }
        return said;
    }

    static Dictionary<string, string> Describe(SoapException error)
    {
        var said = new Dictionary<string, string> {{"code", error.Code.Name}, {"text", error.Message}};
        XmlNode fault = error.Detail == null ? null : error.Detail.FirstChild;
        foreach (XmlElement member in fault == null ? new XmlElement[0] : fault.ChildNodes.OfType<XmlElement>())
        {
            if (!member.ChildNodes.OfType<XmlElement>().Any())
            {
                said["detail." + member.LocalName] = member.InnerText;
            }
        }
        return said;
    }

    static void Print(string number, string kind, Dictionary<string, string> said)
    {
        IEnumerable<string> fields = said.Select(one => one.Key + "=" + Regex.Replace(one.Value ?? "", @"\s+", " "));
        Console.WriteLine(string.Join("\t", new[] {number, kind}.Concat(fields)));
    }

    static void Do(string number, Step step)
    {
        try
        {
            if (step.Operation == "-")
            {
                Open(step);
                Print(number, "opened", new Dictionary<string, string>());
            }
            else
            {
                Print(number, "answer", Call(step));
            }
        }
        catch (Exception error)
        {
            Exception cause = error is TargetInvocationException ? error.InnerException : error;
            var fault = cause as SoapException;
            Print(number, fault != null ? "fault" : "error",
                fault != null ? Describe(fault) : new Dictionary<string, string> {{"text", cause.GetType().Name + ": " + cause.Message}});
        }
    }

    static void Main(string[] args)
    {
        Console.OutputEncoding = new UTF8Encoding(false);
        foreach (string line in File.ReadLines(args[0], Encoding.UTF8))
        {
            string[] fields = line.Split('\t');
            Do(fields[0], new Step(fields));
        }
    }
}
